"""What makes the pages of the documentation: measurements come in, tables and figures go out.

Nothing else imports from here. ``validation``, ``gallery``, ``levels``, ``parameters``: the
simulator's pages; ``ablation`` (with ``stages``), ``curves``, ``models_page``: the
models page; ``benchmark_page``, ``durations``, ``single_unit``: the benchmark page; ``load_test``
(with ``processes``): the serving page; ``quality``: the report page. Each is run as
``python -m kmu.studies.NAME``.
"""
