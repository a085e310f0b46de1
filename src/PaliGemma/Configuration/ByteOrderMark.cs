using PaliGemma.Kernels;

namespace PaliGemma.Configuration;

/// <summary>UTF-8's mark of the byte order, which Windows' programs put before a text.</summary>
internal static class ByteOrderMark
{
    /// <summary>The mark.</summary>
    public static ReadOnlySpan<byte> Bytes => [0xEF, 0xBB, 0xBF];

    /// <summary>How many bytes it takes at the start of a file, if it is there.</summary>
    public static int LengthIn(MemoryRegion file) =>
        file.Length >= Bytes.Length && file.Span<byte>(0, Bytes.Length).SequenceEqual(Bytes) ? Bytes.Length : 0;
}
