"""``kmu app``: a page on this machine in which a recording is dropped, identified and curated.

In goes a file that a browser sends to 127.0.0.1, out come the files that the user saves.
``running`` begins and ends it, ``guard`` refuses whoever is not a page of this app, ``dropping``
takes the file, ``desk`` holds what lies on the desk now. All work is done by ``jobs``, each in a
process of its own that can be killed: ``looking`` says what is in a file, ``work`` identifies and
exports. ``screen`` is the page, ``saying``, ``getting`` and ``words`` its parts; they are built
with NiceGUI, which nothing else here needs.
"""
