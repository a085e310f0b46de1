using PaliGemma.Checkpoints;
using PaliGemma.Layers;

namespace PaliGemma.Cli.Output;

/// <summary>The memory that a model's weights take at each precision they can be held in.</summary>
internal static class WeightMemory
{
    /// <summary>
    /// The precisions, with the bytes of a matrix [rows, columns] of a layer, and of an element of the other tables of weights.
    /// </summary>
    private static readonly (WeightFormat Format, Func<long, long, long> Matrix, int Table)[] Precisions =
    [
        (WeightFormat.Float32, (rows, columns) => 4 * rows * columns, 4),
        (WeightFormat.BFloat16, (rows, columns) => 2 * rows * columns, 2),
        (WeightFormat.Float16, (rows, columns) => 2 * rows * columns, 2),
        // A float32 scale for each row, for each 64 elements of the flattened matrix, or a bfloat16 one for each 32 elements of a row.
        (WeightFormat.Int8, (rows, columns) => (rows * columns) + (4 * rows), 2),
        (WeightFormat.Nf4, FlatBlocks, 2),
        (WeightFormat.Fp4, FlatBlocks, 2),
        (WeightFormat.Int4, (rows, columns) => rows * DivideUp(columns, 32) * (16 + 2), 2),
    ];

    /// <summary>
    /// Bytes by precision, of which a checkpoint stored as <paramref name="stored"/> has the choice. Biases, norms and positions are held
    /// in float32; quantising leaves embedding and patches in 16 bits.
    /// </summary>
    public static IReadOnlyDictionary<string, long> Of(IReadOnlyList<LayoutEntry> layout, WeightFormat stored) => Precisions
        .Where(precision => stored is WeightFormat.Auto or WeightFormat.Float32 or WeightFormat.BFloat16 or WeightFormat.Float16
            || precision.Format == stored)
        .ToDictionary(
            precision => precision.Format.ToString().ToLowerInvariant(),
            precision => layout.Sum(entry => Bytes(entry, precision.Matrix, precision.Table)));

    private static long Bytes(LayoutEntry entry, Func<long, long, long> matrix, int table) => entry.Role switch
    {
        TensorRole.Projection when entry.Shape.Count == 2 => matrix(entry.Shape[0], entry.Shape[1]),
        TensorRole.Projection or TensorRole.TokenEmbedding => entry.ElementCount * table,
        _ => entry.ElementCount * sizeof(float),
    };

    private static long FlatBlocks(long rows, long columns) => DivideUp(rows * columns, 2) + (4 * DivideUp(rows * columns, 64));

    private static long DivideUp(long value, long divisor) => (value + divisor - 1) / divisor;
}
