"""What a child begins with that is to die by SIGKILL at its n-th sync: n is its last argument, 0 for never."""

DYING = """
import os, signal, sys
real, calls, last = os.fsync, 0, int(sys.argv[-1])

def fsync(descriptor):
    global calls
    calls += 1
    if calls == last:
        os.kill(os.getpid(), signal.SIGKILL)
    real(descriptor)

os.fsync = fsync
"""
