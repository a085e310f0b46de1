namespace PaliGemma.Checkpoints;

/// <summary>Where a tensor lies in a big_vision checkpoint.</summary>
/// <param name="Array">The array's name, without prefix.</param>
/// <param name="Slice">Which of the parts it is, into which the array falls along its first axes: layers, or layers and their two
/// halves.</param>
/// <param name="SliceCount">How many such parts there are.</param>
/// <param name="Shape">The tensor's published extents.</param>
/// <param name="Transpositions">What turns the part into the tensor; empty if it is the tensor already.</param>
internal sealed record NumpySource(
    string Array, int Slice, int SliceCount, IReadOnlyList<long> Shape, params IReadOnlyList<Transposition> Transpositions);
