from web.readonly import register_models

register_models("outbox")
