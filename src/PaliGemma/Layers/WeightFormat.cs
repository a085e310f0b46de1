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
}
