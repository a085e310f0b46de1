using System.Runtime.InteropServices;

namespace PaliGemma.Kernels.Tests;

/// <summary>
/// Memory that ends at a page which must not be touched: a load or store one byte behind the end ends the test run. Where the system is not a Unix it is plain memory.
/// </summary>
internal sealed unsafe partial class GuardedMemory : IDisposable
{
    private const int PageSize = 1 << 16; // A multiple of every page size in use.
    private readonly byte* _start;
    private readonly nuint _mapped;

    public GuardedMemory(int length)
    {
        Length = length;
        if (!Guarded)
        {
            _start = (byte*)NativeMemory.Alloc((nuint)Math.Max(length, 1));
            End = _start + length;
            return;
        }
        nuint usable = (nuint)((length + PageSize - 1) / PageSize * PageSize);
        _mapped = usable + PageSize;
        const int ReadWrite = 3;
        int privateAnonymous = OperatingSystem.IsMacOS() ? 0x1002 : 0x22;
        _start = (byte*)Map(null, _mapped, ReadWrite, privateAnonymous, -1, 0);
        Assert.NotEqual(-1, (nint)_start);
        Assert.Equal(0, Protect(_start + usable, PageSize, 0));
        End = _start + usable;
    }

    public int Length { get; }

    private byte* End { get; }

    private static bool Guarded => OperatingSystem.IsLinux() || OperatingSystem.IsMacOS();

    public MemoryRegion Region => new(End - Length, Length, this);

    public Span<T> Span<T>()
        where T : unmanaged => new(End - Length, Length / sizeof(T));

    public void Dispose()
    {
        if (Guarded)
        {
            _ = Unmap(_start, _mapped);
        }
        else
        {
            NativeMemory.Free(_start);
        }
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial void* Map(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(void* address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(void* address, nuint length);
}
