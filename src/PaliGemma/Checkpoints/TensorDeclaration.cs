namespace PaliGemma.Checkpoints;

/// <summary>A tensor that will be written: what a file's header says of it before its bytes are there.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its element type.</param>
/// <param name="Shape">Its extents, slowest first; empty for a scalar.</param>
public sealed record TensorDeclaration(string Name, ElementType Type, IReadOnlyList<long> Shape)
{
    /// <summary>Bytes of its elements.</summary>
    /// <exception cref="InvalidOperationException">An extent is negative, or the product of the extents is no length.</exception>
    public long ByteLength => TensorShape.ByteLength(Type, Shape)
        ?? throw new InvalidOperationException($"Tensor {Name} cannot have the extents {TensorShape.Text(Shape)}.");
}
