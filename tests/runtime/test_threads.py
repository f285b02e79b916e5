"""The number of threads: setting, environment, cores."""

import pytest

from fastnn.core import config
from fastnn.runtime import threads


def test_the_setting_wins_then_the_environment_then_the_cores(monkeypatch):
    monkeypatch.setattr(threads, "_cores", 5)
    monkeypatch.setenv("OMP_NUM_THREADS", "7,2")
    config.set_num_threads(3)
    assert threads.get_num_threads() == 3
    config.set_num_threads(None)
    assert threads.get_num_threads() == 7
    for nonsense in ("", "0", "-2", "many"):
        monkeypatch.setenv("OMP_NUM_THREADS", nonsense)
        assert threads.get_num_threads() == 5


@pytest.mark.parametrize(("files", "membership", "want"), [
    ({"cpu.max": "max 100000"}, "0::/", None),
    ({"a/cpu.max": "150000 100000", "cpu.max": "max 100000"}, "0::/a/b", 1.5),
    ({"a/cpu.max": "400000 100000", "a/b/cpu.max": "max 100000", "cpu.max": "300000 100000"}, "0::/a/b", 3.0),
    ({"cpu/x/cpu.cfs_quota_us": "200000", "cpu/x/cpu.cfs_period_us": "100000"},
     "4:cpu,cpuacct:/x\n1:name=systemd:/", 2.0),
    ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, "4:cpuacct,cpu:/x", None),
    ({"cpu.max": "broken"}, "0::/", None),
])  # fmt: skip
def test_quota_of_the_control_group(tmp_path, files, membership, want):
    for name, text in files.items():
        (tmp_path / "fs" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "fs" / name).write_text(text + "\n")
    (tmp_path / "self").write_text(membership + "\n")
    assert threads._quota(tmp_path / "fs", tmp_path / "self") == want


def test_no_control_group(tmp_path):
    assert threads._quota(tmp_path, tmp_path / "missing") is None
    assert threads.usable_cores() >= 1
