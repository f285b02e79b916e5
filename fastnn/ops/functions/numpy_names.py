"""Operations under NumPy's names, for formulas that are written once for arrays and for symbols."""

from fastnn.ops.functions.arithmetic import maximum as maximum
from fastnn.ops.functions.comparison import logical_and as logical_and
from fastnn.ops.functions.comparison import where as where
from fastnn.ops.functions.elementwise import abs as abs
from fastnn.ops.functions.elementwise import sin as sin
from fastnn.ops.functions.layout import reshape as reshape
from fastnn.ops.functions.reduction import sum as sum
