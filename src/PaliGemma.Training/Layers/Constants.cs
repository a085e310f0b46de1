using TorchSharp;

namespace PaliGemma.Training.Layers;

/// <summary>
/// Numbers that tensor operations take. Every overload of TorchSharp that makes its scalar on the way (<c>a + b</c>, <c>a * 2</c>) hands
/// the native pointer over without keeping the object alive, and a garbage collection during the call frees it; so operations here are
/// given scalars that live as long as the program or the layer. Tensors are handed over in the same way: one that is made on the way
/// (<c>a.detach().view(-1)</c>) lives until its next operation ends only where a dispose scope holds it, so that all chains of operations
/// stand in one, their own or their caller's.
/// </summary>
internal static class Constants
{
    public static readonly Scalar Zero = 0f.ToScalar();

    public static readonly Scalar One = 1f.ToScalar();
}
