"""What Python makes of a wait. Speaks as waits.c does."""
import select, sys, threading, time

began = time.time()
print("armed", flush=True)
result = {
    "sleep": lambda: time.sleep(60) is not None,
    "select": lambda: select.select([], [], [], 60) != ([], [], []),
    "event": lambda: threading.Event().wait(60),
}[sys.argv[1]]()
print(int(result), int(time.time() - began))
