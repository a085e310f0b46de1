namespace PaliGemma.Layers;

/// <summary>How the weights of the linear layers are held in memory.</summary>
public enum WeightFormat
{
    /// <summary>As the checkpoint stores them, read in place.</summary>
    Auto,

    /// <summary>IEEE 754 binary32.</summary>
    Float32,

    /// <summary>The upper half of a binary32.</summary>
    BFloat16,

    /// <summary>IEEE 754 binary16.</summary>
    Float16,

    /// <summary>
    /// LLM.int8(): half the memory of 16 bits, with the least loss of the quantised formats; prompts and pictures are multiplied as integers.
    /// </summary>
    Int8,

    /// <summary>NormalFloat: 4 bits that bitsandbytes reads and writes as well.</summary>
    Nf4,

    /// <summary>4-bit floating point: for checkpoints that have it; NF4 loses less.</summary>
    Fp4,

    /// <summary>4-bit integers in blocks of 32: the fastest, with no more loss than NF4 where docs/quantization.md compares them.</summary>
    Int4,
}
