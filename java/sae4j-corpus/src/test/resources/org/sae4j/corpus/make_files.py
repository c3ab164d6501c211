"""Makes the Parquet and zstd files of the tests: python make_files.py, with pyarrow."""

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
pa.output_stream("text.txt.zst", compression="zstd").write("To be, or not to be.\n".encode() * 100)
