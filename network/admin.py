from web.admin import register_models

register_models("network")
