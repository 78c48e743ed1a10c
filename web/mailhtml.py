"""E-mail HTML as mail programs need it: the style sheet of ``templates/emails/base.html`` written into each element."""

import css_inline

# Nothing is fetched: a message must not make the server open an address that someone typed.
_inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=False)


def inline(html: str) -> str:
    """The same message with its rules as ``style`` attributes; the rules for dark mode stay in the head."""
    return _inliner.inline(html)


def in_scheme(html: str, scheme: str) -> str:
    """The message as a system that is ``"light"`` or ``"dark"`` shows it, whatever the reader's own is."""
    applies = "all" if scheme == "dark" else "not all"
    forced = html.replace("(prefers-color-scheme: dark)", applies).replace("(prefers-color-scheme:dark)", applies)
    return forced.replace('content="light dark"', f'content="{scheme}"')
