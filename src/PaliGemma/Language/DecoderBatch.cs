namespace PaliGemma.Language;

/// <summary>The new tokens of one sequence in a pass, and the rows of the batch that stand for them.</summary>
/// <param name="Cache">What the sequence has seen before.</param>
/// <param name="NewTokens">Tokens that the pass adds to the cache.</param>
/// <param name="FirstRow">The batch's row of the first query.</param>
/// <param name="Rows">Queries: the last <paramref name="Rows"/> of the new tokens.</param>
internal readonly record struct BatchSlice(KvCache Cache, int NewTokens, int FirstRow, int Rows)
{
    /// <summary>Keys visible after this pass wrote its own.</summary>
    public int Keys => Cache.Length + NewTokens;

    /// <summary>The sequence index of the first query.</summary>
    public int FirstQuery => Keys - Rows;
}

/// <summary>
/// What one pass through the decoder computes: one prompt, or the next token of several sequences. The rows of all sequences lie one after
/// another, so that linear layers see one matrix; only attention looks at single sequences.
/// </summary>
internal sealed class DecoderBatch
{
    public DecoderBatch(IReadOnlyList<BatchSlice> slices)
    {
        Slices = slices;
        foreach (BatchSlice slice in slices)
        {
            Rows += slice.Rows;
        }
    }

    public IReadOnlyList<BatchSlice> Slices { get; }

    /// <summary>Rows of all sequences together.</summary>
    public int Rows { get; }

    /// <summary>The batch of one sequence's <paramref name="tokens"/> new tokens.</summary>
    public static DecoderBatch Prompt(KvCache cache, int tokens) => new([new BatchSlice(cache, tokens, 0, tokens)]);

    /// <summary>The batch of one new token for each sequence.</summary>
    public static DecoderBatch Step(IReadOnlyList<KvCache> caches)
    {
        BatchSlice[] slices = new BatchSlice[caches.Count];
        for (int i = 0; i < slices.Length; i++)
        {
            slices[i] = new BatchSlice(caches[i], 1, i, 1);
        }
        return new DecoderBatch(slices);
    }

    /// <summary>The same pass with only the last query of every sequence: all that is needed once the last layer's keys are written.</summary>
    public DecoderBatch LastRows()
    {
        BatchSlice[] slices = new BatchSlice[Slices.Count];
        for (int i = 0; i < slices.Length; i++)
        {
            slices[i] = Slices[i] with { FirstRow = i, Rows = 1 };
        }
        return new DecoderBatch(slices);
    }

    /// <summary>Moves the last row of every sequence in <paramref name="rows"/> [<see cref="Rows"/>, width] to the front.</summary>
    public void GatherLastRows(Span<float> rows, int width)
    {
        for (int i = 0; i < Slices.Count; i++)
        {
            int last = Slices[i].FirstRow + Slices[i].Rows - 1;
            rows.Slice(last * width, width).CopyTo(rows[(i * width)..]);
        }
    }
}
