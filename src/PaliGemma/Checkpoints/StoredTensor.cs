using PaliGemma.Kernels;

namespace PaliGemma.Checkpoints;

/// <summary>A tensor as it lies in a checkpoint: name, element type, shape, and its bytes in place (row-major, little-endian).</summary>
/// <param name="Name">The name under which the checkpoint holds it.</param>
/// <param name="Type">The element type.</param>
/// <param name="Shape">The extents, slowest first; empty for a scalar.</param>
/// <param name="Data">The bytes, owned by the checkpoint.</param>
public sealed record StoredTensor(string Name, ElementType Type, IReadOnlyList<long> Shape, MemoryRegion Data);
