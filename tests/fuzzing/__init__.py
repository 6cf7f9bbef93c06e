"""A fuzzer of every file that the kit reads: damaged, misspelt and mixed-up inputs, judged.

    python -m tests.fuzzing --count 10000 --seed 1

One case takes the files of a subject (`readers`, `readers_of_results`), changes one of them
(`mutations` of text, `mutations_of_results`), reads them as a user does, and asks the oracle what
became of it. What a changed table should lead to follows from a description of the table that is
independent of the kit's (`described`, judged in `tables`); of other files each mutation says it.
A new kind of file is a new subject; what must be wrong in it, or the same, stands with its changes.

A case follows from its number and the seed. What is read wrongly, or refused with an error that
helps nobody, is kept in a folder with its number; this reads it again and prints the trace:

    python -m tests.fuzzing --case 1234 --seed 1
"""
