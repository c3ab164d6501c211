"""Makes the Parquet, zstd and NumPy files of the tests: python make_files.py, with pyarrow and numpy."""

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

TEXTS = ["The first document.", "", None, "Ünd a second: 日本語", "and\nthe third"]
IDS = [[1, 2, 3], [4], [5, 6], [7, 8, 9, 10], [2047]]

table = pa.table(
    {
        "text": TEXTS,
        "input_ids": pa.array(IDS, pa.list_(pa.int32())),
        "long_ids": pa.array(IDS, pa.large_list(pa.int64())),
        "short_ids": pa.array([i[:2] for i in IDS], pa.list_(pa.uint16())),
        "holes": pa.array([[1], [2, None], [3], [4], [5]], pa.list_(pa.int32())),
        "empty": pa.array([[1], [], None, [4], [5]], pa.list_(pa.int32())),
        "negative": pa.array([[1], [2], [3, -4], [4], [5]], pa.list_(pa.int64())),
        "real": pa.array([[1.0]] * 5, pa.list_(pa.float32())),
        "number": range(5),
        "latin1": pa.array([b"ok", b"\xff", b"", b"", b""], pa.binary()),
    }
)
for codec in ["none", "snappy", "gzip", "zstd", "lz4", "brotli"]:
    pq.write_table(table, f"{codec}.parquet", compression=codec, row_group_size=2)
pq.write_table(table, "pages2.parquet", data_page_version="2.0", use_dictionary=False)

# Ids with padding, and masks of them; the first two rows of each are [1, 2, 3] and [4, 5] but for it.
MASKED = {
    "right": ([[1, 2, 3, 0], [4, 5, 0, 0]], [[1, 1, 1, 0], [1, 1, 0, 0]], pa.int8()),
    "left": ([[0, 1, 2, 3], [0, 0, 4, 5]], [[0, 1, 1, 1], [0, 0, 1, 1]], pa.int64()),
    "truth": ([[1, 2, 3, 0], [4, 5, 0, 0]], [[1, 1, 1, 0], [1, 1, 0, 0]], pa.bool_()),
    "long": ([[1, 2, 3] + [0] * 97, [4, 5] + [0] * 98], [[1] * 3 + [0] * 97, [1] * 2 + [0] * 98], pa.int8()),
    "hole": ([[1, 2, 3], [4, 0, 5]], [[1, 1, 1], [1, 0, 1]], pa.int8()),
    "packed": ([[1, 2, 3], [4, 5, 6]], [[1, 1, 1], [1, 1, 2]], pa.int8()),
    "short": ([[1, 2, 3], [4, 5, 6]], [[1, 1, 1], [1, 1]], pa.int8()),
    "zero": ([[1, 2, 3], [0, 0]], [[1, 1, 1], [0, 0]], pa.int8()),
    "missing": ([[1, 2, 3], [4, 5]], [[1, 1, 1], None], pa.int8()),
    "real": ([[1, 2, 3], [4, 5]], [[1, 1, 1], [1, 1]], pa.float32()),
}
columns = {"text": ["a", "b"], "labels": pa.array([[1, 2], [-100, 4]], pa.list_(pa.int64()))}
for name, (ids, mask, kind) in MASKED.items():
    columns[f"{name}_input_ids"] = pa.array(ids, pa.list_(pa.int32()))
    columns[f"{name}_attention_mask"] = pa.array(
        [row and [bool(i) for i in row] for row in mask] if kind == pa.bool_() else mask, pa.list_(kind)
    )
pq.write_table(pa.table(columns), "masks.parquet", row_group_size=1)
pq.write_table(pa.table({"text": ["ab", "ab\0c"]}), "nul.parquet")
pa.output_stream("text.txt.zst", compression="zstd").write("To be, or not to be.\n".encode() * 100)


class Pipe(io.RawIOBase):
    """A file as if it were a pipe: what was written cannot be changed any more."""

    def __init__(self, name):
        self.file = open(name, "wb")

    def writable(self):
        return True

    def write(self, data):
        return self.file.write(data)

    def tell(self):
        raise OSError

    def close(self):
        self.file.close()


ids = np.arange(64, dtype=np.int32).reshape(8, 8)
for name, save in [("stored", np.savez), ("deflated", np.savez_compressed)]:
    with Pipe(f"piped_{name}.npz") as pipe:
        save(pipe, ids=ids)
