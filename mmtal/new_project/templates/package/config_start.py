# mmtal says where its configs lie, and imports the plugin by itself.
_base_ = __import__("mmtal.config_files").config_files.find_config("actionformer/demo").as_posix()
