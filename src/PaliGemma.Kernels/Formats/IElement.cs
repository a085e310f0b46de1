using System.Runtime.Intrinsics;

namespace PaliGemma.Kernels.Formats;

/// <summary>How one stored element type becomes float32. The products are written once; these structs plug in and the JIT specialises.</summary>
internal unsafe interface IElement<TStored>
    where TStored : unmanaged
{
    /// <summary>Converts one element.</summary>
    static abstract float Load(TStored* source);

    /// <summary>Converts four elements.</summary>
    static abstract Vector128<float> Load128(TStored* source);

    /// <summary>Converts eight elements.</summary>
    static abstract Vector256<float> Load256(TStored* source);

    /// <summary>Converts sixteen elements.</summary>
    static abstract Vector512<float> Load512(TStored* source);
}
