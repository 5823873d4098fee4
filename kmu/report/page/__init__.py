"""The report page: one HTML file that is looked at, and curated in, without server or network.

In goes a :class:`Report`, out comes the text of the page. ``content`` says what it shows as JSON,
``packing`` how arrays are put into that, ``sentences`` what it says in words, ``assembling`` puts
both into ``template.html`` with the style (``page.css``) and the scripts, which are read in the
order of ``assembling.SCRIPTS``. ``stored`` gathers a report from a result file.
"""

from kmu.report.page.assembling import page, write_page
from kmu.report.page.content import Report
from kmu.report.page.stored import stored_report

__all__ = ["Report", "page", "stored_report", "write_page"]
