namespace PaliGemma.Kernels;

/// <summary>
/// A run of bytes outside the garbage-collected heap: a part of a <see cref="MappedFile"/> or of a <see cref="NativeBuffer"/>.
/// Longer than 2 GiB is allowed, which is why it is not a span: <see cref="Span{T}(long, int)"/> gives a window of it.
/// </summary>
/// <remarks>The region keeps its owner reachable, but does not own it: after the owner is disposed, it must not be read.</remarks>
public readonly unsafe struct MemoryRegion
{
    private readonly byte* _start;
    private readonly object _owner;

    internal MemoryRegion(byte* start, long length, object owner)
    {
        _start = start;
        Length = length;
        _owner = owner;
    }

    /// <summary>Length in bytes.</summary>
    public long Length { get; }

    internal byte* Pointer => _start;

    /// <summary>The part of this region that starts at byte <paramref name="offset"/> and is <paramref name="length"/> bytes long.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The part does not lie inside the region.</exception>
    public MemoryRegion Slice(long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length - offset);
        return new MemoryRegion(_start + offset, length, _owner);
    }

    /// <summary>A window of <paramref name="count"/> elements that starts at element <paramref name="start"/>.</summary>
    /// <typeparam name="T">The element type; the bytes are read in the machine's (little-endian) order.</typeparam>
    /// <exception cref="ArgumentOutOfRangeException">The window does not lie inside the region.</exception>
    public ReadOnlySpan<T> Span<T>(long start, int count)
        where T : unmanaged
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + count, Length / sizeof(T));
        return new ReadOnlySpan<T>((T*)_start + start, count);
    }
}
