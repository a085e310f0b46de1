namespace PaliGemma.Imaging;

/// <summary>
/// What Skia's decoder does not give of a GIF file (GIF89a): the colour of pixels that are transparent or outside the first frame. They have one, as
/// every entry of the palette has, and the reference, which drops transparency, shows it.
/// </summary>
internal static class GifFile
{
    private const int ScreenDescriptorEnd = 13;
    private const byte ImageDescriptor = 0x2C;
    private const byte Extension = 0x21;
    private const byte GraphicControl = 0xF9;

    /// <summary>Gives the transparent pixels of a decoded first frame, [pixels, 4], their colour.</summary>
    public static void FillTransparent(ReadOnlySpan<byte> file, Span<byte> rgba)
    {
        ReadOnlySpan<byte> colour = ColourBehind(file);
        for (; !rgba.IsEmpty; rgba = rgba[4..])
        {
            if (rgba[3] == 0)
            {
                colour.CopyTo(rgba);
            }
        }
    }

    /// <summary>The first frame's transparent colour or, where it has none, the palette's first; nothing where the file has no palette.</summary>
    private static ReadOnlySpan<byte> ColourBehind(ReadOnlySpan<byte> file)
    {
        if (file.Length < ScreenDescriptorEnd)
        {
            return [];
        }
        int transparent = 0;
        ReadOnlySpan<byte> palette = Palette(file[ScreenDescriptorEnd..], file[10]);
        ReadOnlySpan<byte> rest = file[(ScreenDescriptorEnd + palette.Length)..];
        while (rest.Length >= 10)
        {
            if (rest[0] == ImageDescriptor)
            {
                ReadOnlySpan<byte> own = Palette(rest[10..], rest[9]);
                palette = own.IsEmpty ? palette : own;
                break;
            }
            if (rest[0] != Extension)
            {
                break;
            }
            if (rest[1] == GraphicControl && (rest[3] & 1) != 0)
            {
                transparent = rest[6];
            }
            rest = SkipBlocks(rest[2..]);
        }
        return 3 * transparent < palette.Length ? palette.Slice(3 * transparent, 3) : [];
    }

    /// <summary>The palette at the start of <paramref name="data"/>, whose presence and size are in the flags before it; empty where it has none.</summary>
    private static ReadOnlySpan<byte> Palette(ReadOnlySpan<byte> data, byte flags)
    {
        int length = (flags & 0x80) != 0 ? 3 << ((flags & 7) + 1) : 0;
        return length <= data.Length ? data[..length] : [];
    }

    /// <summary>Skips blocks of data, each with its length before it, the last one of length 0.</summary>
    private static ReadOnlySpan<byte> SkipBlocks(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty && data[0] != 0)
        {
            data = data[Math.Min(data.Length, data[0] + 1)..];
        }
        return data.IsEmpty ? data : data[1..];
    }
}
