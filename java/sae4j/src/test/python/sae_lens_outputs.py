"""Runs SAEs that SAELens loads from folders: INPUT OUTPUT FOLDER...

INPUT is a safetensors file with x [tokens, width]; OUTPUT gets a tensor for each folder, named by
its number, with what SAELens makes of x. Ends with 77 where there is no SAELens.
"""

import sys

try:
    import torch
    from sae_lens import SAE
    from safetensors.torch import load_file, save_file
except ImportError as e:
    print(e, file=sys.stderr)
    sys.exit(77)

source, target, *folders = sys.argv[1:]
x = load_file(source)["x"]
outputs = {}
with torch.no_grad():
    for i, folder in enumerate(folders):
        outputs[str(i)] = SAE.load_from_disk(folder)(x).contiguous()
save_file(outputs, target)
