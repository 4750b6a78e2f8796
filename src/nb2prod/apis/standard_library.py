"""Which modules come with Python itself: the running one, the notebook's, and Python 2."""

from __future__ import annotations

import sys

# Modules that left the standard library, and the first version without them (PEP 594 and the What's New pages).
REMOVED = {
    **dict.fromkeys(("dummy_threading", "_dummy_threading"), (3, 9)),
    **dict.fromkeys(("formatter", "parser", "symbol"), (3, 10)),
    **dict.fromkeys(("binhex",), (3, 11)),
    **dict.fromkeys(("asynchat", "asyncore", "distutils", "imp", "smtpd"), (3, 12)),
    **dict.fromkeys(
        (
            *("aifc", "audioop", "cgi", "cgitb", "chunk", "crypt", "imghdr", "lib2to3", "mailcap", "msilib", "nis"),
            *("nntplib", "ossaudiodev", "pipes", "sndhdr", "spwd", "sunau", "telnetlib", "uu", "xdrlib"),
        ),
        (3, 13),
    ),
    "macpath": (3, 8),
}
_NEWER = {"annotationlib", "compression", "graphlib", "tomllib", "zoneinfo"}
PYTHON_2 = {
    *("BaseHTTPServer", "CGIHTTPServer", "ConfigParser", "Cookie", "DocXMLRPCServer", "HTMLParser", "Queue"),
    *("SimpleHTTPServer", "SimpleXMLRPCServer", "SocketServer", "StringIO", "Tkinter", "UserDict", "UserList"),
    *("UserString", "__builtin__", "anydbm", "cPickle", "cStringIO", "commands", "cookielib", "copy_reg", "dbhash"),
    *("dumbdbm", "exceptions", "gdbm", "htmlentitydefs", "httplib", "md5", "mimetools", "rfc822", "robotparser"),
    *("sets", "sha", "thread", "tkMessageBox", "tkFileDialog", "ttk", "urllib2", "urlparse", "whichdb", "xmlrpclib"),
}


def is_standard(root: str) -> bool:
    """Whether a top-level module came with Python at any time."""
    return root in sys.stdlib_module_names or root in REMOVED or root in _NEWER or root in PYTHON_2


def missing(root: str, python: tuple[int, int]) -> str | None:
    """Why a module of the standard library is not there in this Python, or None when it is."""
    if root in PYTHON_2:
        return "of Python 2 only"
    gone = REMOVED.get(root)
    return f"gone since Python {gone[0]}.{gone[1]}" if gone and python >= gone else None
