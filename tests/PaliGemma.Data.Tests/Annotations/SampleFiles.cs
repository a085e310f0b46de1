using System.Text;
using PaliGemma.Data.Annotations;
using PaliGemma.Tests;
using SkiaSharp;

namespace PaliGemma.Data.Tests.Annotations;

/// <summary>Files of one test, in a folder of its own.</summary>
internal sealed class SampleFiles : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public string Folder => _folder.FullName;

    public string At(params ReadOnlySpan<string> parts) => Path.Combine([Folder, .. parts]);

    public string Write(string name, string content) => Write(name, Encoding.UTF8.GetBytes(content));

    public string Write(string name, byte[] content)
    {
        string path = At(name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }

    /// <summary>A picture of which only the size matters.</summary>
    public string WritePicture(string name, int width, int height)
    {
        using SKBitmap bitmap = new(width, height);
        using SKData data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return Write(name, data.ToArray());
    }

    /// <summary>Everything that annotations say, picture by picture.</summary>
    public static AnnotatedImage[] Read(AnnotationSource source)
    {
        using AnnotationReader reader = AnnotationReader.Open(source);
        return [.. Enumerable.Range(0, reader.Count).Select(reader.Read)];
    }

    /// <summary>The message about annotations that cannot be read.</summary>
    public static string Failure(AnnotationSource source) => Assert.Throws<ModelFileException>(() => Read(source)).Message;

    public void Dispose() => _folder.Dispose();
}
