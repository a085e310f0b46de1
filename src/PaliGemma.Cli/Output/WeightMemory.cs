using PaliGemma.Checkpoints;

namespace PaliGemma.Cli.Output;

/// <summary>The memory that a model's weights take at each precision they can be held in.</summary>
internal static class WeightMemory
{
    /// <summary>The precisions, with the bits that an element of a projection and of the token embedding takes.</summary>
    private static readonly (string Name, double Projection, double Embedding)[] Precisions =
    [
        ("float32", 32, 32),
        ("bfloat16", 16, 16),
        ("float16", 16, 16),
    ];

    /// <summary>Bytes by precision. Biases, norms and positions are held in float32 always.</summary>
    public static IReadOnlyDictionary<string, long> Of(IReadOnlyList<LayoutEntry> layout) => Precisions.ToDictionary(
        precision => precision.Name,
        precision => (long)layout.Sum(entry => entry.ElementCount * Bits(entry, precision.Projection, precision.Embedding) / 8));

    private static double Bits(LayoutEntry entry, double projection, double embedding) => entry.Role switch
    {
        TensorRole.Projection => projection,
        TensorRole.TokenEmbedding => embedding,
        _ => 8 * sizeof(float),
    };
}
