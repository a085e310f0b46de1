namespace PaliGemma.Checkpoints;

/// <summary>Arithmetic on the extents of a tensor that a file claims, which may be anything.</summary>
internal static class TensorShape
{
    /// <summary>The elements of a tensor; null where an extent is negative or the product is not a length.</summary>
    public static long? ElementCount(IReadOnlyList<long> shape)
    {
        Int128 count = 1;
        foreach (long extent in shape)
        {
            count *= extent;
            if (extent < 0 || count > long.MaxValue)
            {
                return null;
            }
        }
        return (long)count;
    }

    /// <summary>The bytes of a tensor; null where an extent is negative or the product is not a length.</summary>
    public static long? ByteLength(ElementType type, IReadOnlyList<long> shape) =>
        ElementCount(shape) is long count && count <= long.MaxValue / ElementConversion.Size(type) ? count * ElementConversion.Size(type) : null;

    /// <summary>The extents as messages show them.</summary>
    public static string Text(IReadOnlyList<long> shape) => $"[{string.Join(", ", shape)}]";
}
