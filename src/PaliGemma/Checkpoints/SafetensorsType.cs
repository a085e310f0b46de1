namespace PaliGemma.Checkpoints;

/// <summary>The names that safetensors files give the element types.</summary>
internal static class SafetensorsType
{
    /// <summary>From the type whose tensors the reference's writer puts first (the widest, for alignment) to the last.</summary>
    private static readonly (ElementType Type, string Name)[] Known =
    [
        (ElementType.Int64, "I64"), (ElementType.Float64, "F64"), (ElementType.Float32, "F32"), (ElementType.Int32, "I32"),
        (ElementType.BFloat16, "BF16"), (ElementType.Float16, "F16"), (ElementType.Int8, "I8"), (ElementType.UInt8, "U8"),
    ];

    /// <summary>The type of a name; null for one that this library does not know.</summary>
    public static ElementType? Parse(string name)
    {
        int index = Array.FindIndex(Known, entry => entry.Name == name);
        return index < 0 ? null : Known[index].Type;
    }

    public static string Name(ElementType type) => Known[Rank(type)].Name;

    /// <summary>The place of the type's tensors in a file.</summary>
    public static int Rank(ElementType type) => Array.FindIndex(Known, entry => entry.Type == type);
}
