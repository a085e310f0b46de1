namespace PaliGemma.Kernels.Simd;

/// <summary>
/// What the tiles of a matrix product need of a register whose lanes are 32 bits wide: float32 values, or packed integers that are multiplied and added
/// inside each lane. A tile's sums then begin at a value of the activations and end by a scale of the weights.
/// </summary>
/// <typeparam name="TVector">The register.</typeparam>
internal unsafe interface ITileLanes<TVector>
    where TVector : unmanaged
{
    /// <summary>Lanes per register.</summary>
    static abstract int Count { get; }

    /// <summary>Rows that the activations carry before their steps: none, or one to start from and one of factors.</summary>
    static abstract int Lead { get; }

    /// <summary>Rows that the weights carry after their steps: none, or one of scales.</summary>
    static abstract int Tail { get; }

    /// <summary>All lanes equal to <paramref name="value"/>, bit by bit.</summary>
    static abstract TVector Create(float value);

    static abstract TVector Load(float* source);

    /// <summary>The sum before the first step; reads <paramref name="lead"/> only where there is a lead.</summary>
    static abstract TVector Start(float* lead);

    /// <summary>left · right + addend, with the activations on the left and the weights on the right.</summary>
    static abstract TVector MultiplyAdd(TVector left, TVector right, TVector addend);

    /// <summary>Writes a finished sum to <paramref name="c"/>, or adds it.</summary>
    /// <param name="sum">What the steps added up to.</param>
    /// <param name="c">float32 results, one per lane.</param>
    /// <param name="accumulate">Whether to add.</param>
    /// <param name="factor">The token's factor, where there is a lead.</param>
    /// <param name="tail">The rows' scales, where there is a tail.</param>
    static abstract void Finish(TVector sum, float* c, bool accumulate, float* factor, float* tail);
}
