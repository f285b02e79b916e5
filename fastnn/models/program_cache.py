"""What was compiled for shapes that were seen: the least recently used goes where all of it takes too many bytes."""

from fastnn.compiler.memory import give_back

MOST = 24 << 20  # bytes of one cache


class ProgramCache:
    """Compiled things by what they were compiled for.

    most: bytes that they may take together.  least: how many stay whatever they take.  besides: a function that says
    how many more bytes they keep alive.

    Something that is kept says in `bytes` what it takes, and gets `turn`: when it was last used.  The clock moves when
    something is put in, not when it is used: a lookup changes that one number, so threads need no lock for one.

    >>> class Thing:
    ...     bytes = 40
    >>> cache = ProgramCache(most=100, least=1)
    >>> for name in "abca":
    ...     if cache.find(name) is None:
    ...         cache.put(name, Thing())
    >>> sorted(cache.kept), cache.bytes
    (['a', 'c'], 80)
    """

    def __init__(self, most=MOST, least=16, besides=lambda: 0):
        self.kept, self.turn, self._gone = {}, 0, 0
        self.most, self.least, self.besides = most, least, besides

    @property
    def bytes(self):
        """Bytes of all that is kept."""
        return sum(thing.bytes for thing in list(self.kept.values()))

    def find(self, key):
        """What was compiled for this, or None."""
        found = self.kept.get(key)
        if found is not None:
            found.turn = self.turn
        return found

    def put(self, key, thing):
        """Keep a thing, and let others go until all of it fits."""
        self.turn += 2
        thing.turn = self.turn - 1  # what is used from now on counts as used later
        self.kept[key] = thing
        total = self.bytes
        if len(self.kept) <= self.least or total + self.besides() <= self.most:
            return
        turns = [(thing.turn, place, key) for place, (key, thing) in enumerate(list(self.kept.items()))]
        for _, _, key in sorted(turns)[: -self.least]:
            gone = self.kept.pop(key, None)  # another thread may have been faster
            size = 0 if gone is None else gone.bytes
            gone = None  # the last reference: what `besides` counts may go with it
            total, self._gone = total - size, self._gone + size
            if total + self.besides() <= self.most:
                break
        if self._gone > self.most // 4:  # pieces of many sizes that the C library would keep for itself
            self._gone = 0
            give_back()

    def drop(self, which):
        """Let go all whose key and value `which` says yes to."""
        for key, thing in list(self.kept.items()):
            if which(key, thing):
                self.kept.pop(key, None)
