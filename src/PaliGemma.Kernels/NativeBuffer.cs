using System.Runtime.InteropServices;

namespace PaliGemma.Kernels;

/// <summary>An allocation outside the garbage-collected heap, aligned to 64 bytes (one cache line, one AVX-512 register), initially zero.</summary>
public sealed unsafe class NativeBuffer : IDisposable
{
    private byte* _start;

    /// <summary>Allocates <paramref name="length"/> zeroed bytes.</summary>
    /// <exception cref="OutOfMemoryException">The system does not have that much memory.</exception>
    public NativeBuffer(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        Length = length;
        _start = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(length, 1), 64);
        NativeMemory.Clear(_start, (nuint)length);
        GC.AddMemoryPressure(Math.Max(length, 1));
    }

    /// <summary>Frees memory that its owner forgot to dispose.</summary>
    ~NativeBuffer() => Free();

    /// <summary>Length in bytes.</summary>
    public long Length { get; }

    /// <summary>The whole buffer.</summary>
    /// <exception cref="ObjectDisposedException">The buffer has been freed.</exception>
    public MemoryRegion Region
    {
        get
        {
            ObjectDisposedException.ThrowIf(_start is null, this);
            return new MemoryRegion(_start, Length, this);
        }
    }

    /// <summary>A writable window of <paramref name="count"/> elements that starts at element <paramref name="start"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The window does not lie inside the buffer.</exception>
    /// <exception cref="ObjectDisposedException">The buffer has been freed.</exception>
    public Span<T> Span<T>(long start, int count)
        where T : unmanaged
    {
        ObjectDisposedException.ThrowIf(_start is null, this);
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start + count, Length / sizeof(T));
        return new Span<T>((T*)_start + start, count);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_start is not null)
        {
            NativeMemory.AlignedFree(_start);
            _start = null;
            GC.RemoveMemoryPressure(Math.Max(Length, 1));
        }
    }
}
