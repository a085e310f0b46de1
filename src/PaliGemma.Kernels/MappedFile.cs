using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace PaliGemma.Kernels;

/// <summary>A file mapped read-only into memory: weights are read in place, and the page cache is shared between processes.</summary>
public sealed unsafe class MappedFile : IDisposable
{
    private readonly MemoryMappedFile? _file;
    private readonly MemoryMappedViewAccessor? _view;
    private readonly SafeMemoryMappedViewHandle? _handle;
    private byte* _start;

    /// <summary>Maps the whole file.</summary>
    /// <exception cref="IOException">The file cannot be opened or mapped.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public MappedFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        Length = stream.Length;
        if (Length == 0)
        {
            return; // An empty file cannot be mapped; its region is empty.
        }
        _file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        _view = _file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        _handle = _view.SafeMemoryMappedViewHandle;
        byte* start = null;
        _handle.AcquirePointer(ref start);
        _start = start + _view.PointerOffset;
    }

    /// <summary>Length of the file in bytes.</summary>
    public long Length { get; }

    /// <summary>The whole file.</summary>
    public MemoryRegion Region => new(_start, Length, this);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_start is not null)
        {
            _start = null;
            _handle!.ReleasePointer();
        }
        _view?.Dispose();
        _file?.Dispose();
    }
}
