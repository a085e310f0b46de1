namespace PaliGemma.Checkpoints;

/// <summary>Element types of stored tensors, by their safetensors names.</summary>
public enum ElementType
{
    /// <summary>IEEE 754 binary32, <c>F32</c>.</summary>
    Float32,

    /// <summary>The upper half of a binary32, <c>BF16</c>.</summary>
    BFloat16,

    /// <summary>IEEE 754 binary16, <c>F16</c>.</summary>
    Float16,

    /// <summary>IEEE 754 binary64, <c>F64</c>.</summary>
    Float64,

    /// <summary><c>U8</c>.</summary>
    UInt8,

    /// <summary><c>I8</c>.</summary>
    Int8,

    /// <summary><c>I32</c>.</summary>
    Int32,

    /// <summary><c>I64</c>.</summary>
    Int64,
}
