"""Working off a list with several threads, while the main thread stays free for signals and the screen."""

import threading

_TICK_SECONDS = 0.5


class _Waiting:
    """What is still to be done. Of items with the same key, one at most is out at a time."""

    def __init__(self, items: list, key, stop):
        self.items, self.key, self.stop = list(items), key, stop
        self.out, self.changed = set(), threading.Condition()

    def take(self):
        """The first item that may be worked at, once there is one; None when all are taken or it is time to stop."""
        with self.changed:
            while self.items and not self.stop.is_set():
                for number, item in enumerate(self.items):
                    if self.key(item) not in self.out:
                        self.out.add(self.key(item))
                        return self.items.pop(number)
                # What stops does not tell us.
                self.changed.wait(_TICK_SECONDS)
            return None

    def done(self, item) -> None:
        with self.changed:
            self.out.discard(self.key(item))
            self.changed.notify_all()


def work_off(work, items: list, at_once: int, stop, tick, key=lambda item: item) -> None:
    """Calls `work` with each item, until `stop` is set; `tick` is called meanwhile. Items with the same key are never
    worked at at once. The first exception ends it and is raised."""
    waiting, failed = _Waiting(items, key, stop), []

    def worker():
        while (item := waiting.take()) is not None:
            try:
                work(item)
            except Exception as error:  # Raised below, once the others have ended.
                failed.append(error)
                stop.set()
            finally:
                waiting.done(item)

    threads = [threading.Thread(target=worker) for _ in range(min(at_once, len(items)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        while thread.is_alive():
            thread.join(_TICK_SECONDS)
            tick()
    if failed:
        raise failed[0]
