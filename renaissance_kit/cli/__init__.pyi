from . import batch as batch
from .batch import (
    NOTEBOOKS as NOTEBOOKS,
    BatchError as BatchError,
    check_listing as check_listing,
    check_parameters as check_parameters,
    show_parameters as show_parameters,
)
from .command import main as main
from .gallery import (
    Gallery as Gallery,
    gallery_pages as gallery_pages,
    is_page_of_ours as is_page_of_ours,
    write_gallery as write_gallery,
)
from .injected import check_injected as check_injected
from .parameters import (
    parameters_of as parameters_of,
    parameters_table as parameters_table,
    read_parameters as read_parameters,
)
from .results import Results as Results, find_results as find_results
from .safe import clean_html as clean_html, read_svg as read_svg
from .values import (
    in_words as in_words,
    is_of_kind as is_of_kind,
    parse_value as parse_value,
    read_json as read_json,
    read_values as read_values,
)
