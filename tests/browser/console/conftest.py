"""The console in a real browser."""

from tests.browser.console.server import console_browser as console_browser
from tests.browser.console.server import console_server as console_server
from tests.browser.console.server import filled_tables as filled_tables
