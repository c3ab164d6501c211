/**
 * Reads and writes the files of SAEs and models; none of it is public API.
 *
 * <p>Files come from strangers: every size, type and offset is checked before it is used, no code
 * in a file is ever run, and whatever does not fit ends in a {@link org.sae4j.FormatException}.
 * Containers ({@link org.sae4j.format.Safetensors}, {@link org.sae4j.format.TorchArchive}, {@link
 * org.sae4j.format.NpzArchive}) tell where tensors lie; one class per SAE format ({@link
 * org.sae4j.format.OpenAiSae}, {@link org.sae4j.format.SaeLensSae}, {@link
 * org.sae4j.format.DictionaryLearningSae}, {@link org.sae4j.format.SparsifySae}, {@link
 * org.sae4j.format.GemmaScopeSae}) gives them their meaning, and {@link org.sae4j.format.SaeFile}
 * is what all of them come out as. {@link org.sae4j.format.SaeLensConversion} writes any of them.
 */
package org.sae4j.format;
