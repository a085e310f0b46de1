using PaliGemma.Kernels;

namespace PaliGemma.Layers;

/// <summary>
/// The table [vocabulary, hidden] that turns token ids into vectors and, tied, turns the last hidden state into logits.
/// Gemma multiplies text embeddings by sqrt(hidden) and leaves image features as they are (big_vision, models/ppp/gemma.py, <c>Embedder</c>).
/// </summary>
internal sealed class TokenEmbedding(WeightMatrix table)
{
    private readonly float _scale = MathF.Sqrt(table.Columns);

    /// <summary>The table [<see cref="VocabularySize"/>, <see cref="HiddenSize"/>].</summary>
    public WeightMatrix Table => table;

    public int VocabularySize => table.Rows;

    public int HiddenSize => table.Columns;

    /// <summary>Writes the scaled embedding of <paramref name="token"/> to <paramref name="destination"/> [hidden].</summary>
    public void Lookup(int token, Span<float> destination)
    {
        table.CopyRow(token, destination);
        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] *= _scale;
        }
    }
}
