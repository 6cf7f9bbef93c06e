from .batch import (
    NOTEBOOKS as NOTEBOOKS,
)
from .batch import (
    BatchError as BatchError,
)
from .batch import (
    check_listing as check_listing,
)
from .batch import (
    check_parameters as check_parameters,
)
from .batch import (
    main as main,
)
from .batch import (
    show_parameters as show_parameters,
)
from .gallery import write_gallery as write_gallery
from .parameters import (
    parameters_of as parameters_of,
)
from .parameters import (
    parameters_table as parameters_table,
)
from .parameters import (
    read_parameters as read_parameters,
)
