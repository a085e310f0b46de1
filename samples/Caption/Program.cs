// Describes a picture, writing the words as they come: dotnet run -- MODEL_FOLDER PICTURE
using PaliGemma.Generation;
using PaliGemma.Imaging;

if (args is not [string folder, string file])
{
    Console.Error.WriteLine("Expected a model folder and a picture.");
    return 1;
}
using PaliGemmaPipeline model = PaliGemmaPipeline.Load(folder);
RgbImage picture = ImageFile.Load(file);
await foreach (string text in model.GenerateStreamAsync([picture], "caption en", new GenerationOptions { MaxNewTokens = 32 }))
{
    Console.Write(text);
}
Console.WriteLine();
return 0;
