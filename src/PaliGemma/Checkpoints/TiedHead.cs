using PaliGemma.Kernels;

namespace PaliGemma.Checkpoints;

/// <summary>The head is the table of embeddings: PaliGemma ties them, and there is memory for one only.</summary>
internal static class TiedHead
{
    private const string Head = "language_model.lm_head.weight", Table = "language_model.model.embed_tokens.weight";

    /// <summary>Makes sure that the head, where a checkpoint has it at all, repeats the table.</summary>
    /// <exception cref="ModelFileException">They differ.</exception>
    public static void Require(Checkpoint checkpoint)
    {
        if (checkpoint.TryGet(Head, out StoredTensor head) && checkpoint.TryGet(Table, out StoredTensor table)
            && !(head.Type == table.Type && head.Shape.SequenceEqual(table.Shape) && SameBytes(head.Data, table.Data)))
        {
            throw new ModelFileException($"{checkpoint.Location}: tensor {Head} differs from {Table}; expected them equal, as PaliGemma ties them.");
        }
    }

    private static bool SameBytes(MemoryRegion first, MemoryRegion second)
    {
        const int Chunk = 1 << 24;
        bool same = first.Length == second.Length;
        for (long start = 0; same && start < first.Length; start += Chunk)
        {
            int length = (int)Math.Min(Chunk, first.Length - start);
            same = first.Span<byte>(start, length).SequenceEqual(second.Span<byte>(start, length));
        }
        return same;
    }
}
