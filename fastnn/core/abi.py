"""Words that lowering rules may pass to a kernel besides accesses and numbers."""


class _Part:
    def __repr__(self):
        return "PART"


PART = _Part()                                  # items per call, so that lo // PART numbers the calls
