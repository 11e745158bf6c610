"""Many small networks in one compiled program.

A *lane* is the slot of one trial in a program that trains many at once; every array has a leading lane axis. What must
be equal in one program is its `Signature`; all else is the lane's own.
"""
