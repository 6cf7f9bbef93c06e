from .measurements import KMMeasurements as KMMeasurements, MeasuredRange as MeasuredRange
from .ranges import KMRanges as KMRanges
from .statistics import KMCriteria as KMCriteria
from .table import KM_TABLE as KM_TABLE, KMMeasurement as KMMeasurement
