"""Many processes at once in one pool: each volume is one's, and what is listed is what is there."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

from tests.storage.images import names
from virshpy.api.storage import StoragePool

SECONDS = float(os.environ.get("VIRSHPY_STRESS", "8"))
PROCESSES = 16

WORKER = """
import random, sys, time
import virshpy
from virshpy import errors

uri, seed, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
draw = random.Random(seed)
done = 0
until = time.monotonic() + seconds
with virshpy.open(uri) as connection:
    pool = connection.storage_pool_lookup_by_name("pool")
    while time.monotonic() < until:
        name, other = (f"v{draw.randrange(12)}" for _ in range(2))
        format = draw.choice(("raw", "qcow2"))
        target = f"<target><format type='{format}'/></target>"
        text = f"<volume><name>{name}</name><capacity>65536</capacity>{target}</volume>"
        try:
            match draw.randrange(6):
                case 0 | 1:
                    pool.storage_vol_create_xml(text)
                case 2:
                    pool.storage_vol_create_xml_from(text, pool.storage_vol_lookup_by_name(other))
                case 3:
                    pool.storage_vol_lookup_by_name(name).delete()
                case 4:
                    for volume in pool.list_volumes():
                        volume.info()
                case 5:
                    pool.storage_vol_lookup_by_name(name).resize(131072)
            done += 1
        except (errors.NoStorageVol, errors.StorageVolExist, errors.OperationInvalid, errors.InvalidArg) as error:
            pass
        except errors.InternalError as error:
            if "already in use" not in str(error) and "No such file" not in str(error):
                raise
        except errors.SystemCallError as error:
            if "No such file or directory" not in str(error):
                raise
print(done)
"""


def test_volumes_come_and_go(pool: StoragePool, uri: str, folder: Path) -> None:
    words = [sys.executable, "-c", WORKER, uri]
    running = [
        subprocess.Popen(
            [*words, str(random.randrange(1 << 30)), str(SECONDS)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]
    ended = [(one.communicate(timeout=SECONDS + 120), one.returncode) for one in running]
    assert [(said, code) for (_, said), code in ended if code] == []
    assert all(int(out) > 0 for (out, _), _ in ended)
    there = names(folder)
    assert [name for name in there if not name.startswith("v")] == []
    assert sorted(volume.name for volume in pool.list_volumes()) == there
    for volume in pool.list_volumes():
        assert volume.info().capacity in (65536, 131072)
        volume.delete()
    assert names(folder) == []
