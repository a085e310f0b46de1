using PaliGemma.Configuration;

namespace PaliGemma.Data.Annotations;

/// <summary>Knows pictures by name, for formats that tell less about them than others need.</summary>
internal abstract class PictureCatalog
{
    /// <summary>A field that names a picture, as <see cref="NameOf"/> has it.</summary>
    /// <exception cref="ModelFileException">It is missing, or no name that a file can have.</exception>
    public string Read(JsonFields fields, string name) => NameOf(PicturePath.Read(fields, name)) is { Length: > 0 } path
        ? path
        : throw fields.Unexpected(name, "the name of a picture");

    /// <summary>A picture's path as <see cref="AnnotatedImage.Path"/> has it, from how annotations spell it.</summary>
    public virtual string NameOf(string spelling) => PicturePath.Normalize(spelling, folder: null);

    /// <summary>A picture's size in pixels.</summary>
    /// <param name="path">The picture.</param>
    /// <param name="where">The file that speaks of it, for errors.</param>
    /// <exception cref="ModelFileException">The picture is not known or not readable.</exception>
    public abstract (int Width, int Height) SizeOf(string path, string where);

    /// <summary>The picture with a path that differs from <paramref name="stem"/> only by its extension; null if there is none.</summary>
    public abstract string? FindByStem(string stem);
}
