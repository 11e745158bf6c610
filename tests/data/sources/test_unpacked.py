import gzip
import tracemalloc

import pytest

from tuner.data.sources.unpacked import unpacked
from tuner.errors import DataError


def test_gzip_is_unpacked_and_other_bytes_stay():
    packed = gzip.compress(b"one,", mtime=0) + gzip.compress(b"two")
    assert unpacked(packed, "a.csv", most_bytes=7) == b"one,two"
    assert unpacked(b"a,y", "a.csv.gz", most_bytes=1) == b"a,y"


def test_a_small_file_of_very_much_is_refused_before_it_fills_the_memory():
    packed = gzip.compress(bytes(2**28), mtime=0)
    tracemalloc.start()
    with pytest.raises(DataError, match=r"^a.csv.gz: of its 2.* KiB, gzip unpacks more than the 1.0 MiB that are read"):
        unpacked(packed, "a.csv.gz", most_bytes=2**20)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 2**25


def test_a_damaged_file_is_told():
    packed = gzip.compress(bytes(range(256)) * 20)
    with pytest.raises(DataError, match="is cut off"):
        unpacked(packed[:-9], "a.csv.gz", most_bytes=2**20)
    with pytest.raises(DataError, match="is damaged: CRC"):
        unpacked(packed[:-8] + bytes(8), "a.csv.gz", most_bytes=2**20)
    with pytest.raises(DataError, match="is damaged"):
        unpacked(packed[:10] + b"\xff" * 40, "a.csv.gz", most_bytes=2**20)
