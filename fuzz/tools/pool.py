"""Working off a list with several threads, while the main thread stays free for signals and the screen."""

import queue
import threading

_TICK_SECONDS = 0.5


def work_off(work, items: list, at_once: int, stop, tick) -> None:
    """Calls `work` with each item, until `stop` is set; `tick` is called meanwhile. The first exception ends it and is raised."""
    waiting, failed = queue.SimpleQueue(), []
    for item in items:
        waiting.put(item)

    def worker():
        while not stop.is_set():
            try:
                work(waiting.get_nowait())
            except queue.Empty:
                return
            except Exception as error:  # Raised below, once the others have ended.
                failed.append(error)
                stop.set()

    threads = [threading.Thread(target=worker) for _ in range(min(at_once, len(items)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            thread.join(_TICK_SECONDS)
            tick()
    if failed:
        raise failed[0]
