from .batch import (
    NOTEBOOKS as NOTEBOOKS,
    BatchError as BatchError,
    check_listing as check_listing,
    check_parameters as check_parameters,
    main as main,
    show_parameters as show_parameters,
)
from .gallery import write_gallery as write_gallery
from .parameters import (
    parameters_of as parameters_of,
    parameters_table as parameters_table,
    read_parameters as read_parameters,
)
