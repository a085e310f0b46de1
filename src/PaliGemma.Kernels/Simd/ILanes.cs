using PaliGemma.Kernels.Formats;

namespace PaliGemma.Kernels.Simd;

/// <summary>
/// The operations that a hot loop needs of a vector register of float32. Loops are written once over this interface; the structs that implement it
/// make the JIT emit the code of one register width.
/// </summary>
/// <typeparam name="TVector">The register.</typeparam>
internal unsafe interface ILanes<TVector> : ITileLanes<TVector>
    where TVector : unmanaged
{
    static abstract TVector Zero { get; }

    static abstract void Store(TVector value, float* destination);

    static abstract TVector Add(TVector left, TVector right);

    static abstract TVector Subtract(TVector left, TVector right);

    static abstract TVector Multiply(TVector left, TVector right);

    static abstract TVector Divide(TVector left, TVector right);

    static abstract TVector Max(TVector left, TVector right);

    static abstract TVector Min(TVector left, TVector right);

    /// <summary>2 to the power of each lane, rounded to a whole number from -126 to 127.</summary>
    static abstract TVector PowerOfTwo(TVector exponent);

    /// <summary>The nearest whole number of each lane, ties to even.</summary>
    static abstract TVector Round(TVector value);

    /// <summary>The sum over the lanes.</summary>
    static abstract float Sum(TVector value);

    /// <summary>Loads and converts <see cref="ITileLanes{TVector}.Count"/> stored elements.</summary>
    static abstract TVector Convert<TElement, TStored>(TStored* source)
        where TElement : IElement<TStored>
        where TStored : unmanaged;

    /// <summary>
    /// Converts and transposes a square of <see cref="ITileLanes{TVector}.Count"/> × <see cref="ITileLanes{TVector}.Count"/> elements: destination[i · <paramref name="destinationStride"/> + j] =
    /// source[j · <paramref name="sourceStride"/> + i].
    /// </summary>
    static abstract void Transpose<TElement, TStored>(TStored* source, nint sourceStride, float* destination, nint destinationStride)
        where TElement : IElement<TStored>
        where TStored : unmanaged;
}
